"""The Handlebars dialect of SES templates."""
