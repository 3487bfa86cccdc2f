"""The account as a person sees it in a browser: read-only pages of its pools, jobs, stages, models and events."""
