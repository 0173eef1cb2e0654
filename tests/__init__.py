"""The tests mirror the code; property/, journeys/ and architecture/ look at the whole."""
