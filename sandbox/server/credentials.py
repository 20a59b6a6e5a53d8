"""The sandbox's own keys: fixed, public, good for nothing else."""

S4_USER = "STAMM_READER"
S4_PASSWORD = "sandbox-s4-password"  # noqa: S105 - opens only the sandbox
SHOPWARE_CLIENT_ID = "SWIASANDBOXSTAMM"
SHOPWARE_CLIENT_SECRET = "sandbox-shopware-secret"  # noqa: S105
BREVO_API_KEY = "xkeysib-sandbox-stamm"
ZENDESK_EMAIL = "robot@sandbox.example"
ZENDESK_API_TOKEN = "sandbox-zendesk-token"  # noqa: S105
