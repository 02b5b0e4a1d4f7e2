"""Day-labour sheets (点工单) confirmed by both sides."""
