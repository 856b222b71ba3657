"""Avatars. An AsyncMock stands in for the upload to Cloudinary."""

# TODO 6.4: replace app.services.avatars.upload_avatar in a fixture, and write tests of uploads.
