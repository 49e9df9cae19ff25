"""From a file to tables: archives, encodings, formats. `formats` says how to add one."""
