"""Why a pair has its weight, a golden cell its value, an id its history."""
