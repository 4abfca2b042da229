"""Market data: panels of what was known when, their readers, calendars and events."""
