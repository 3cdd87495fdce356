"""What people may do with time: teams, roles, members, work logs, and the REST API and pages over them."""
