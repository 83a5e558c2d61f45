"""Education: students, courses, enrolments with tuition, lessons that turn tuition into revenue."""
