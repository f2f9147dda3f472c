"""/status: whether events flow, for people; in one sentence, and then part by part."""
