"""The URLs below ``/scholar/``."""

from django.urls import URLPattern

app_name = "scholar"
urlpatterns: list[URLPattern] = []
