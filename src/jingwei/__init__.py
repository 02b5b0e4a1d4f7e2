"""Jingwei 经纬: an integration delivery platform. Floors: assembly › boards | connectors › domains › hub › frame › kernels."""

__version__ = "0.1.0"
