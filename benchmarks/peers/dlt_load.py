"""The peer: dlt's rest_api source into PostgreSQL, merged by id. Run by loading.py in an environment of its own: python dlt_load.py URL DSN PAGE."""

from __future__ import annotations

import json
import resource
import sys
import time

import dlt
from dlt.sources.rest_api import rest_api_source

url, dsn, page = sys.argv[1], sys.argv[2], int(sys.argv[3])
dsn = dsn.replace("postgres:@/", "postgres:x@localhost/")  # dlt wants a host; the socket folder in the query overrules it
source = rest_api_source(
    {
        "client": {"base_url": url, "paginator": {"type": "offset", "limit": page, "total_path": "total"}},
        "resources": [{"name": "issues", "endpoint": {"path": "api/issues", "data_selector": "issues"}, "primary_key": "id", "write_disposition": "merge"}],
    }
)
began = time.perf_counter()
pipeline = dlt.pipeline(pipeline_name="bench", destination=dlt.destinations.postgres(dsn), dataset_name="peer", pipelines_dir=sys.argv[4], dev_mode=False)
pipeline.run(source)
seconds = time.perf_counter() - began
with pipeline.sql_client() as client:
    rows = client.execute_sql("SELECT count(*), count(DISTINCT id) FROM issues")[0]
print(
    json.dumps(
        {"seconds": seconds, "rows": rows[0], "distinct": rows[1], "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "dlt": dlt.__version__}
    )
)
