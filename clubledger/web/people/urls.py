"""Addresses of the club's users, API keys and audit trail."""

from django.urls import URLPattern, URLResolver, include, path

from clubledger.web.people import api_keys, audit_trail, club_language, users

people: list[URLPattern | URLResolver] = [
    path("users/", users.users, name="users"),
    path("users/invite/", users.invite, name="invite"),
    path("users/invitations/<int:invitation_id>/send/", users.send_invitation_again, name="send-invitation-again"),
    path("users/invitations/<int:invitation_id>/withdraw/", users.withdraw_invitation, name="withdraw-invitation"),
    path("users/<int:membership_id>/", users.user, name="user"),
    path("users/<int:membership_id>/role/", users.set_role, name="set-role"),
    path("users/<int:membership_id>/remove/", users.remove_user, name="remove-user"),
    path("users/language/", club_language.set_club_language, name="set-club-language"),
    path("api-keys/", api_keys.keys, name="api-keys"),
    path("api-keys/<int:key_id>/revoke/", api_keys.revoke, name="revoke-api-key"),
    path("api-keys/<int:key_id>/take-over/", api_keys.take_over, name="take-over-api-key"),
    path("audit-trail/", audit_trail.audit_trail, name="audit-trail"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("configuration/", include(people)),
]
