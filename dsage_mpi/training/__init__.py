"""What the trainers of the package share: files, learning curve, and how a training is driven.

They know no domain; ``domains/<name>/.../training`` holds what is trained and how.
"""
