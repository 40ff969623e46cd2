"""For Celery's own commands: ``celery --app scitex_cloud inspect active``. The worker is ``run_enrichment_worker``."""

import os

from django.conf import settings

from apps.scholar_app.broker import celery_app

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "scitex_cloud.settings")
app = celery_app(settings.SCITEX_CELERY_BROKER_URL)
