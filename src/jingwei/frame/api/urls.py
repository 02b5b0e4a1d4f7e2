"""Addresses of the generated APIs and of what watches them."""

from django.urls import path

from jingwei.frame import metrics
from jingwei.frame.api import docs, graphql, rest

urlpatterns = [
    path("api/v1/", rest.api.urls),
    path("api/docs/", docs.page, name="api-docs"),
    path("graphql", graphql.endpoint, name="graphql"),
    path("metrics", metrics.page, name="metrics"),
]
