"""Federation carries: how records and activities travel between pods and to the fediverse."""
