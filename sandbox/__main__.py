"""``python -m sandbox``"""

from sandbox.command import main

main()
