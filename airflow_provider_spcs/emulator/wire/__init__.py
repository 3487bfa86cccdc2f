"""HTTP and HTTPS: login, statements, results, proxy. Knows no SQL."""
