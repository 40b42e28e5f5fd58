"""From the sources of assignments to released notebooks, and from submissions to grades.

source.py    one assignment: MyST text with solutions and tests, drawn from a course's seed
course.py    the course folder in nbgrader's layout: release, autograde, feedback, grades
collect.py   a folder of downloads: which file is whose
repair.py    whatever was handed in becomes a notebook that can be graded
jail.py      bubblewrap, limits, and what a student's code can see
sandbox.py   a student's process in the jail; agent.py runs inside it
wire.py      the plain data that cross between the two
score.py     the test cells, run in this process against proxies of the student's functions
tables.py    the gradebook as CSV, also for Canvas and Moodle
"""
