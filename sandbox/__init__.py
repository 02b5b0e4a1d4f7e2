"""Three small business systems (tracker, ERP, MES) that a demo joins, and a traffic generator. Standard library and uvicorn only."""
