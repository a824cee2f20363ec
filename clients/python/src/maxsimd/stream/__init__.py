"""Streams of queries: one state machine, driven by threads (`sync_stream`) or by asyncio (`aio_stream`)."""
