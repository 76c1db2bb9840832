"""The ground floor: what every other part of the package may use, and that uses none of them."""
