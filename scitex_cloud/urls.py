"""The URLs of the site."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

urlpatterns: list[URLPattern | URLResolver] = [
    path("", RedirectView.as_view(pattern_name="scholar:bibtex_form"), name="home"),
    path("scholar/", include("apps.scholar_app.urls")),
    path("admin/", admin.site.urls),
]
