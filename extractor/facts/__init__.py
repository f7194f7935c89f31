"""Facts and findings, a module each: what a laid-out report says, with the words that say it."""
