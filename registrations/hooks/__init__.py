"""The door for services that call us by themselves when something happened on their side."""
