"""Addresses of the club's pages."""

from django.urls import URLPattern, URLResolver, include, path

from clubledger.web.chart import job_options as job_linking
from clubledger.web.chart import lists as chart
from clubledger.web.chart import months as gl_code_months
from clubledger.web.chart import retrieval as chart_retrieval
from clubledger.web.connection import general_ledger as connection
from clubledger.web.connection import organisation
from clubledger.web.journals import actions as gl_actions
from clubledger.web.journals import cutover, journal
from clubledger.web.journals import decisions as settling
from clubledger.web.journals import integration as gl
from clubledger.web.journals import runs as sending
from clubledger.web.mapping import file as mapping_file
from clubledger.web.mapping import grid as mapping
from clubledger.web.people import urls as people_addresses
from clubledger.web.reports import balances, gst_check
from clubledger.web.sign_in import home as sign_in
from clubledger.web.sign_in import urls as people_urls
from clubledger.web.transactions import imports, sample_data, transactions

general_ledger: list[URLPattern | URLResolver] = [
    path("", connection.general_ledger, name="general-ledger"),
    path("authorize/", connection.authorize, name="authorize"),
    path("revoke/", connection.revoke, name="revoke"),
    path("post-from/", cutover.post_from, name="post-from"),
    path("currency/", connection.set_currency, name="set-currency"),
    path("organisation/", organisation.change_organisation, name="change-organisation"),
    path("confirm/<int:request_id>/", connection.confirm, name="confirm-organisation"),
    path("confirm/<int:request_id>/bind/", connection.bind, name="bind-organisation"),
]

chart_of_accounts: list[URLPattern | URLResolver] = [
    path("", chart.chart_of_accounts, name="chart-of-accounts"),
    path("gl-codes/", chart.gl_codes, name="gl-codes"),
    path("gl-codes/<int:code_id>/", gl_code_months.gl_code, name="gl-code"),
    path("gl-codes/retrieve/", chart_retrieval.get_gl_codes, name="get-gl-codes"),
    path("job-codes/", chart.job_codes, name="job-codes"),
    path("job-codes/retrieve/", chart_retrieval.get_categories, name="get-categories"),
    path("job-codes/<int:job_id>/link/", job_linking.link_job_code, name="link-job-code"),
]

configuration: list[URLPattern | URLResolver] = [
    path("chart-of-accounts/", include(chart_of_accounts)),
    path("charges/", mapping.charges, name="charges"),
    path("account-types/", mapping.account_types, name="account-types"),
    path("payment-methods/", mapping.payment_methods, name="payment-methods"),
    path("mapping/<slug:page>/file/", mapping_file.mapping_file, name="mapping-file"),
    path("integration/", connection.integration_settings, name="integration-settings"),
    path("integration/general-ledger/", include(general_ledger)),
]

financials: list[URLPattern | URLResolver] = [
    path("gl/", gl.gl, name="gl"),
    path("gl/validate/", gl_actions.validate, name="validate"),
    path("gl/send/", gl_actions.send, name="send"),
    path("gl/runs/<int:run_id>/", gl_actions.send_progress, name="send-progress"),
    path("gl/runs/", sending.send_runs, name="send-runs"),
    path("gl/nightly/", sending.set_nightly, name="set-nightly"),
    path("gl/restored/", settling.confirm_restore, name="confirm-restore"),
    path("gl/seen/<int:sighting_id>/", settling.settle_sighting, name="settle-sighting"),
    path("gl/seen/<int:sighting_id>/void/", settling.void_sighted, name="void-sighted"),
    path("gl/record/", gl_actions.record, name="record"),
    path("gl/record-up-to/", cutover.record_up_to, name="record-up-to"),
    path("gl/undo-recording/", gl_actions.undo_recording, name="undo-recording"),
    path("gl/withdraw/", gl_actions.withdraw, name="withdraw"),
    path("gl/take-over/", gl_actions.take_over, name="take-over"),
    path("gl/journals/<int:journal_id>/", journal.journal, name="journal"),
    path("gl/journals/<int:journal_id>/void/", settling.void, name="void"),
    path("gl/journals/<int:journal_id>/accept/", settling.accept_difference, name="accept-difference"),
    path("gl/journals/<int:journal_id>/difference/", settling.keep_with_difference, name="keep-with-difference"),
    path("gl/journals/<int:journal_id>/first-open-day/", settling.first_open_day, name="first-open-day"),
    path("transactions/", transactions.transactions, name="transactions"),
    path("transactions/<int:transaction_id>/", transactions.transaction, name="transaction"),
    path("gst-check/", gst_check.gst_check, name="gst-check"),
    path("balances/", balances.balances, name="balances"),
    path("balances/prove/", balances.prove_balances, name="prove-balances"),
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

urlpatterns: list[URLPattern | URLResolver] = [
    path("", sign_in.home, name="home"),
    path("xero/callback", connection.xero_callback, name="xero-callback"),
    path("c/<slug:slug>/", include(financials)),
    path("c/<slug:slug>/configuration/", include(configuration)),
    path("c/<slug:slug>/configuration/", include(people_addresses)),
    path("", include(people_urls)),
]
