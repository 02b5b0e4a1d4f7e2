"""The demo's tracker, ERP and MES: three connectors for systems that differ in paging, clocks, errors and deletes."""
