"""What all areas of the web share: who visits, what may be asked, how it is answered."""
