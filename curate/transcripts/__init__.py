"""What is said from when to when: files of transcripts as people and programs write them."""
