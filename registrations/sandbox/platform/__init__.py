"""The stand-in webinar platform: UserAPI v3 as documented, its switches, its faults and the room behind a join link."""
