"""An image store that speaks Cloudinary's upload API and serves what was stored, on this machine alone.

`courseware.services.image_store.service.ImageStore` is the service. It is not imported here, to keep that cheap.

Which address belongs to which picture
--------------------------------------
An upload is answered with `url` and `secure_url` at the store's own address, over http: there is no certificate for
127.0.0.1. An application that keeps `result["secure_url"]`, or puts a transformation into it, has an address that works
in any browser on this machine.

The SDK's `cloudinary_url` (and `CloudinaryImage.build_url`) knows nothing of `upload_prefix`. It makes addresses at
res.cloudinary.com, or at `cname` where one is configured and `secure` is off; as the SDK reads `CLOUDINARY_CNAME` from
the environment, a course can give it the store's host and port that way.

So `ImageStore.delivered(address)` goes by the path. It takes an address at the store itself, at res.cloudinary.com, or
at the other names that the SDK makes of this store's cloud. The path says cloud, transformation, version and public id,
and the version never chooses the picture: as with the real service, it only makes an address new to caches.
"""
