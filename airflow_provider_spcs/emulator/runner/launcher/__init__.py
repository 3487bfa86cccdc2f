"""The part of the runner that lives beside the containers, in processes of its own.

Standard library only, and nothing of this distribution: it is started as ``python -I -S`` and stays small, because one
copy of it watches over each container. ``starter`` forks ``keeper``s; a keeper forks one container, keeps its log and
notes its end, and outlives the emulator.
"""
