package org.wardkey.app.hybrid

import android.annotation.SuppressLint
import android.content.Context
import android.graphics.ImageFormat
import android.graphics.SurfaceTexture
import android.hardware.camera2.CameraAccessException
import android.hardware.camera2.CameraCaptureSession
import android.hardware.camera2.CameraCharacteristics
import android.hardware.camera2.CameraDevice
import android.hardware.camera2.CameraManager
import android.hardware.camera2.CaptureRequest
import android.hardware.camera2.params.OutputConfiguration
import android.hardware.camera2.params.SessionConfiguration
import android.media.ImageReader
import android.os.Handler
import android.os.HandlerThread
import android.view.Surface
import android.view.TextureView
import java.util.concurrent.Executor

/** Where QR codes come from. */
internal interface CodeSource {
    /**
     * Begins to look. Both are called on the main thread: [seen] with each text, [failed] if it cannot look.
     */
    fun start(seen: (String) -> Unit, failed: () -> Unit)

    /** Stops; nothing is called any more. Does nothing if it has not begun. */
    fun stop()
}

/** The phone's camera, shown in [preview]. Needs the camera's permission. */
internal class CodeCamera(private val context: Context, private val preview: TextureView) : CodeSource {
    private val manager = context.getSystemService(CameraManager::class.java)
    private val reader = QrReader()
    private var run: Run? = null

    override fun start(seen: (String) -> Unit, failed: () -> Unit) {
        stop()
        val begin = { run = Run(seen, failed).also(Run::open) }
        preview.surfaceTextureListener = Shown(begin)
        if (preview.isAvailable) begin()
    }

    override fun stop() {
        preview.surfaceTextureListener = null
        end()
    }

    private fun end() {
        run?.end()
        run = null
    }

    /** Android may take the preview's surface away and give another. */
    private inner class Shown(private val begin: () -> Unit) : TextureView.SurfaceTextureListener {
        override fun onSurfaceTextureAvailable(surface: SurfaceTexture, width: Int, height: Int) {
            end()
            begin()
        }

        override fun onSurfaceTextureSizeChanged(surface: SurfaceTexture, width: Int, height: Int) {
            run?.fit()
        }

        override fun onSurfaceTextureDestroyed(surface: SurfaceTexture): Boolean {
            end()
            return true
        }

        override fun onSurfaceTextureUpdated(surface: SurfaceTexture) = Unit
    }

    /** As long as one surface shows the picture; everything of the camera's happens on [thread]. */
    private inner class Run(private val seen: (String) -> Unit, private val failed: () -> Unit) :
        CameraDevice.StateCallback() {
        private val thread = HandlerThread("camera").apply { start() }
        private val handler = Handler(thread.looper)

        /** A camera that opens when all is over, and the thread has ended, must be closed all the same. */
        private val onCamera = Executor { if (!handler.post(it)) it.run() }
        private var device: CameraDevice? = null

        @Volatile
        private var over = false
        private val pictures = ImageReader.newInstance(WIDTH, HEIGHT, ImageFormat.YUV_420_888, 2).apply {
            setOnImageAvailableListener({ look(it) }, handler)
        }

        /** How far the chip is turned against the phone, in degrees; on most phones it lies on its side. */
        private var sensor = 90

        @SuppressLint("MissingPermission")
        fun open() = orFail {
            val id = backCamera() ?: return@orFail fail()
            val characteristics = manager.getCameraCharacteristics(id)
            sensor = characteristics[CameraCharacteristics.SENSOR_ORIENTATION] ?: sensor
            fit()
            manager.openCamera(id, onCamera, this)
        }

        fun end() {
            over = true
            handler.post {
                device?.close()
                pictures.close()
                thread.quitSafely()
            }
        }

        private fun backCamera(): String? = manager.cameraIdList.let { ids ->
            ids.find {
                val facing = manager.getCameraCharacteristics(it)[CameraCharacteristics.LENS_FACING]
                facing == CameraCharacteristics.LENS_FACING_BACK
            } ?: ids.firstOrNull()
        }

        /** On the main thread, like everything that comes from the view. */
        fun fit() {
            val view = PixelSize(preview.width, preview.height)
            // One of the constants 0 to 3, each a quarter turn.
            val display = (preview.display?.rotation ?: 0) * 90
            val fit = PreviewFit.of(view, PixelSize(WIDTH, HEIGHT), sensor, display)
            preview.setTransform(fit.matrixFor(view))
        }

        private fun fail() {
            preview.post { if (!over) failed() }
        }

        private fun look(from: ImageReader) {
            val picture = from.acquireLatestImage() ?: return
            val text = picture.use {
                val plane = it.planes[0]
                val luminance = ByteArray(plane.buffer.remaining()).also(plane.buffer::get)
                reader.read(luminance, plane.rowStride, it.width, it.height)
            }
            if (text != null) preview.post { if (!over) seen(text) }
        }

        override fun onOpened(camera: CameraDevice) {
            device = camera
            if (over) return camera.close()
            val texture = preview.surfaceTexture ?: return fail()
            texture.setDefaultBufferSize(WIDTH, HEIGHT)
            orFail { configure(camera, listOf(Surface(texture), pictures.surface)) }
        }

        private fun configure(camera: CameraDevice, targets: List<Surface>) {
            val session = object : CameraCaptureSession.StateCallback() {
                override fun onConfigured(session: CameraCaptureSession) = film(camera, session, targets)

                override fun onConfigureFailed(session: CameraCaptureSession) = fail()
            }
            val outputs = targets.map(::OutputConfiguration)
            val kind = SessionConfiguration.SESSION_REGULAR
            camera.createCaptureSession(SessionConfiguration(kind, outputs, onCamera, session))
        }

        private fun film(
            camera: CameraDevice,
            session: CameraCaptureSession,
            targets: List<Surface>,
        ) = orFail {
            val request = camera.createCaptureRequest(CameraDevice.TEMPLATE_PREVIEW).apply {
                targets.forEach(::addTarget)
                set(CaptureRequest.CONTROL_AF_MODE, CaptureRequest.CONTROL_AF_MODE_CONTINUOUS_PICTURE)
            }
            session.setRepeatingRequest(request.build(), null, handler)
        }

        /** At any moment the camera may be taken away, unplugged or forbidden, and its surface abandoned. */
        private fun orFail(work: () -> Unit) {
            try {
                work()
            } catch (_: CameraAccessException) {
                fail()
            } catch (_: SecurityException) {
                fail()
            } catch (_: IllegalStateException) {
                fail()
            } catch (_: IllegalArgumentException) {
                fail()
            }
        }

        override fun onDisconnected(camera: CameraDevice) {
            camera.close()
            fail()
        }

        override fun onError(camera: CameraDevice, error: Int) {
            camera.close()
            fail()
        }
    }

    private companion object {
        /** Enough for a code that fills a third of the picture, and quick to search. */
        const val WIDTH = 1280
        const val HEIGHT = 720
    }
}
