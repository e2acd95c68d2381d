"""Addresses of a club's transactions, its imports and its sample data."""

from django.urls import URLPattern, URLResolver, path

from clubledger.web.transactions import imports, sample_data, transactions

urlpatterns: list[URLPattern | URLResolver] = [
    path("transactions/", transactions.transactions, name="transactions"),
    path("transactions/<int:transaction_id>/", transactions.transaction, name="transaction"),
    path("import/", imports.imports, name="imports"),
    path("import/preview/", imports.preview_import, name="preview-import"),
    path("import/start/", imports.start_import, name="start-import"),
    path("sample/try/", sample_data.try_sample, name="try-sample"),
    path("sample/remove/", sample_data.remove_sample, name="remove-sample"),
    path("import/<int:import_id>/", imports.one_import, name="import"),
    path("import/<int:import_id>/progress/", imports.import_progress, name="import-progress"),
    path("import/<int:import_id>/undo/", imports.undo_import, name="undo-import"),
    path("import/<int:import_id>/refused/", imports.refused_rows, name="refused-rows"),
]
