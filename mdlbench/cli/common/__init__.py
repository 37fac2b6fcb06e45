"""What the commands share: options, inputs and outputs, errors in one line, progress, what is printed."""
