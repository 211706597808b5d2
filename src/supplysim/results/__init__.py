"""The results room: metrics, traces, quantiles, and the run folder."""
