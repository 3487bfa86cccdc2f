"""The weekly retrain on one machine: emulator, private git repository, Airflow; run once, or kept up for the UI."""
