"""The API's own description (OpenAPI 3.1): made from the routes, the shapes they answer with, and ``web/api``."""
