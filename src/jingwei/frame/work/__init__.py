"""Work behind the pages: jobs, the worker, the scheduler, long work, what is kept and for how long."""
