"""The plan on paper: laid out once as plain shapes, written as SVG for the page and as PDF with its font inside."""
