"""What people and rules do about records of any kind: tasks, notifications, approvals, rules that act by themselves."""
