"""The URLs of the site."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from apps.scholar_app import health_views, metrics, status_views
from apps.scholar_app.api.documentation import docs
from apps.scholar_app.api.routes import api

urlpatterns: list[URLPattern | URLResolver] = [
    path("", RedirectView.as_view(pattern_name="scholar:bibtex_form"), name="home"),
    path("scholar/", include("apps.scholar_app.urls")),
    path("api/v1/docs", docs, name="api_docs"),
    path("api/v1/", api.urls),
    path("admin/status/", admin.site.admin_view(status_views.status), name="operators_status"),
    path("admin/", admin.site.urls),
    path("healthz", health_views.healthz, name="healthz"),
    path("metrics", metrics.metrics, name="metrics"),
    path("readyz", health_views.readyz, name="readyz"),
]
handler400 = "apps.scholar_app.pages.bad_request"
handler404 = "apps.scholar_app.pages.not_found"
handler500 = "apps.scholar_app.pages.server_error"
