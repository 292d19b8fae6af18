"""What the flow tests share. Independent of our C code on purpose: PyPI's fastavro and
confluent-kafka say what the topics hold, as a shop's program would read them."""
