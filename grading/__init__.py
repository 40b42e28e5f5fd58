"""From the sources of assignments to released notebooks, and from submissions to grades.

source.py     one assignment: MyST text with solutions and tests, drawn from a course's secret;
              first_cell.py is what a released notebook begins with
course.py     the course folder in nbgrader's layout: release, records, gradebook
run.py        nbgrader's steps for one submission
collect.py    a folder of downloads: which file is whose
child.py      work on what students sent, in a child with limits
reading.py    what counts of a submission; cells.py reads files, repair.py puts cells back,
              magics.py makes Python of what only Jupyter understands
jail.py       bubblewrap, limits, and what a student's code can see
sandbox.py    a student's process in the jail; agent.py and jupyter.py run inside it
serialization.py  the plain data that cross between the two
score.py      the test cells, run in this process against proxies of the student's functions
page.py       the feedback page
roster.py     what Canvas and Moodle export; tables.py and feedback.py what they take back
similarity.py answers that are much alike
students.py   the package that students install
"""
