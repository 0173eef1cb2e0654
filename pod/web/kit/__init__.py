"""What all pages share: forms, frame, rendering, translations, links, problem pages."""
