"""Addresses of the generated APIs and of what watches them."""

from django.urls import path

from jingwei.frame.api import docs, graphql, rest
from jingwei.frame.api.mcp import endpoint as mcp
from jingwei.frame.walls import metrics

urlpatterns = [
    path("api/v1/", rest.api.urls),
    path("api/docs/", docs.page, name="api-docs"),
    path("api/mcp", mcp.endpoint, name="mcp"),
    path("graphql", graphql.endpoint, name="graphql"),
    path("metrics", metrics.page, name="metrics"),
]
