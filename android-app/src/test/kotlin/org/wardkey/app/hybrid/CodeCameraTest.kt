package org.wardkey.app.hybrid

import android.app.Activity
import android.graphics.ImageFormat
import android.graphics.Matrix
import android.graphics.SurfaceTexture
import android.hardware.camera2.CameraAccessException
import android.hardware.camera2.CameraCharacteristics
import android.hardware.camera2.CameraCharacteristics.LENS_FACING_BACK
import android.hardware.camera2.CameraCharacteristics.LENS_FACING_EXTERNAL
import android.hardware.camera2.CameraCharacteristics.LENS_FACING_FRONT
import android.hardware.camera2.CameraDevice
import android.hardware.camera2.CameraManager
import android.hardware.camera2.CaptureRequest
import android.hardware.camera2.params.SessionConfiguration
import android.media.Image
import android.os.Looper
import android.view.TextureView
import com.google.zxing.BarcodeFormat
import com.google.zxing.qrcode.QRCodeWriter
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNotEquals
import org.junit.Assert.assertSame
import org.junit.Assert.assertTrue
import org.junit.Before
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import org.robolectric.shadow.api.Shadow
import org.robolectric.shadows.ShadowCameraCharacteristics
import org.wardkey.app.hybrid.CameraRecord.Step
import org.wardkey.app.idleUntil
import java.nio.ByteBuffer
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit

/** Which camera is opened and how, what becomes of it when it is gone, and that none stays open. */
@RunWith(RobolectricTestRunner::class)
@Config(
    shadows = [
        RecordingManager::class, RecordingDevice::class, RecordingSession::class, RecordingReader::class,
    ],
)
internal class CodeCameraTest {
    private val activity = Robolectric.buildActivity(Activity::class.java).setup().get()
    private val manager = activity.getSystemService(CameraManager::class.java)
    private val preview = TextureView(activity).also(activity::setContentView)
    private val texture = SizedTexture()
    private val camera = CodeCamera(activity, preview)
    private val seen = mutableListOf<String>()
    private var failures = 0

    @Before
    fun forget() = CameraRecord.clear()

    @After
    fun stop() = camera.stop()

    /** Remembers the size of its pictures, which is Android's own business otherwise. */
    private class SizedTexture : SurfaceTexture(false) {
        @Volatile
        var size: PixelSize? = null

        override fun setDefaultBufferSize(width: Int, height: Int) {
            size = PixelSize(width, height)
        }
    }

    /** A picture of nothing but brightness; its last row of [stride] bytes ends with its last pixel. */
    private class Picture(private val luminance: ByteArray, private val stride: Int) : Image() {
        @Volatile
        var isClosed = false

        override fun getFormat() = ImageFormat.YUV_420_888

        override fun getWidth() = WIDTH

        override fun getHeight() = HEIGHT

        override fun getTimestamp() = 0L

        override fun getTransform() = 0

        override fun getScalingMode() = 0

        override fun getPlanes() = arrayOf<Plane>(
            object : Plane() {
                override fun getRowStride() = stride

                override fun getPixelStride() = 1

                override fun getBuffer(): ByteBuffer = ByteBuffer.wrap(luminance)
            },
        )

        override fun close() {
            isClosed = true
        }
    }

    private fun add(id: String, facing: Int?, sensor: Int = 90) {
        val about = ShadowCameraCharacteristics.newCameraCharacteristics()
        val values = Shadow.extract<ShadowCameraCharacteristics>(about)
        if (facing != null) values[CameraCharacteristics.LENS_FACING] = facing
        values[CameraCharacteristics.SENSOR_ORIENTATION] = sensor
        shadowOf(manager).addCamera(id, about)
    }

    private fun start() = camera.start(seen::add) { failures += 1 }

    /** A camera that films. */
    private fun film() {
        add("0", LENS_FACING_BACK)
        // The view gives its surface its own size when it is laid out.
        idle()
        preview.setSurfaceTexture(texture)
        start()
        idleUntil { CameraRecord.repeated.isNotEmpty() }
    }

    private fun idle() = shadowOf(Looper.getMainLooper()).idle()

    /** Waits until the thread of the camera opened last has done what it was given, or has ended. */
    private fun settle() {
        val done = CountDownLatch(1)
        CameraRecord.openings.last().executor.execute(done::countDown)
        assertTrue(done.await(30, TimeUnit.SECONDS))
        idle()
    }

    private val opened get() = CameraRecord.openings.map { it.id }
    private val device get() = CameraRecord.devices.single()
    private val reader get() = CameraRecord.readers.single()

    @Test
    fun `opens the camera at the back, wherever it stands in the list`() {
        add("10", LENS_FACING_FRONT)
        add("11", LENS_FACING_EXTERNAL)
        add("12", LENS_FACING_BACK)
        add("13", LENS_FACING_BACK)
        preview.setSurfaceTexture(texture)
        start()
        assertEquals(listOf("12"), opened)
    }

    @Test
    fun `opens the first of a phone without one at the back`() {
        add("7", null)
        add("6", LENS_FACING_FRONT)
        preview.setSurfaceTexture(texture)
        start()
        assertEquals(listOf("7"), opened)
    }

    @Test
    fun `a phone without a camera is told`() {
        preview.setSurfaceTexture(texture)
        start()
        idle()
        assertEquals(1, failures)
        assertEquals(emptyList<String>(), opened)
    }

    @Test
    fun `a camera that another app has, that is disabled or that is not allowed is told`() {
        add("0", LENS_FACING_BACK)
        preview.setSurfaceTexture(texture)
        val reasons = listOf(
            CameraAccessException.CAMERA_IN_USE, CameraAccessException.MAX_CAMERAS_IN_USE,
            CameraAccessException.CAMERA_DISABLED, CameraAccessException.CAMERA_DISCONNECTED,
            CameraAccessException.CAMERA_ERROR,
        )
        val refusals = reasons.map(::CameraAccessException) + SecurityException("no permission") +
            IllegalArgumentException("that camera was unplugged")
        for (step in listOf(Step.LIST, Step.OPEN)) {
            for (refusal in refusals) {
                failures = 0
                CameraRecord.refuse(step, refusal)
                start()
                idle()
                assertEquals("$step: $refusal", 1, failures)
            }
        }
        assertEquals(emptyList<String>(), opened)
    }

    @Test
    fun `waits for the preview to be there`() {
        add("0", LENS_FACING_BACK)
        start()
        idle()
        assertEquals(emptyList<String>(), opened)
        preview.setSurfaceTexture(texture)
        preview.surfaceTextureListener?.onSurfaceTextureAvailable(texture, preview.width, preview.height)
        assertEquals(listOf("0"), opened)
    }

    @Test
    fun `films what is shown, and looks at the same, without end`() {
        film()
        assertEquals(PixelSize(WIDTH, HEIGHT), texture.size)
        assertEquals(PixelSize(WIDTH, HEIGHT), PixelSize(reader.reader.width, reader.reader.height))
        assertEquals(ImageFormat.YUV_420_888, reader.reader.imageFormat)
        val session = CameraRecord.sessions.single()
        assertEquals(SessionConfiguration.SESSION_REGULAR, session.sessionType)
        val surfaces = session.outputConfigurations.map { it.surface }
        assertEquals(2, surfaces.toSet().size)
        assertSame(reader.reader.surface, surfaces.last())
        val request = CameraRecord.repeated.single()
        assertEquals(surfaces.toSet(), request.targets.toSet())
        assertEquals(listOf(CameraDevice.TEMPLATE_PREVIEW), CameraRecord.templates.toList())
        assertEquals(
            CaptureRequest.CONTROL_AF_MODE_CONTINUOUS_PICTURE,
            request[CaptureRequest.CONTROL_AF_MODE],
        )
        idle()
        assertEquals(0, failures)
    }

    @Test
    fun `the picture is fitted to the view, by how the camera is built in`() {
        add("0", LENS_FACING_BACK, sensor = 0)
        preview.setSurfaceTexture(texture)
        idle()
        val view = PixelSize(preview.width, preview.height)
        assertTrue("$view", view.width > 0 && view.height > 0)
        start()
        fun fitted(sensor: Int) = PreviewFit.of(view, PixelSize(WIDTH, HEIGHT), sensor, 0).matrixFor(view)
        assertEquals(fitted(sensor = 0), preview.getTransform(Matrix()))
        assertNotEquals(fitted(sensor = 90), fitted(sensor = 0))
        preview.layout(0, 0, view.width, view.height / 2)
        preview.surfaceTextureListener?.onSurfaceTextureSizeChanged(texture, view.width, view.height / 2)
        assertNotEquals(fitted(sensor = 0), preview.getTransform(Matrix()))
    }

    @Test
    fun `a camera that is lost, or breaks, is closed and told`() {
        film()
        shadowOf(manager).triggerDisconnect()
        idleUntil { failures == 1 }
        assertTrue(device.isClosed)
        val errors = listOf(
            CameraDevice.StateCallback.ERROR_CAMERA_IN_USE,
            CameraDevice.StateCallback.ERROR_MAX_CAMERAS_IN_USE,
            CameraDevice.StateCallback.ERROR_CAMERA_DISABLED,
            CameraDevice.StateCallback.ERROR_CAMERA_DEVICE,
            CameraDevice.StateCallback.ERROR_CAMERA_SERVICE,
        )
        for (error in errors) breaks(error)
    }

    private fun breaks(error: Int) {
        CameraRecord.clear()
        failures = 0
        start()
        idleUntil { CameraRecord.repeated.isNotEmpty() }
        val opening = CameraRecord.openings.single()
        val broken = device.real
        opening.executor.execute { opening.callback.onError(broken, error) }
        idleUntil { failures == 1 }
        assertTrue("$error", device.isClosed)
    }

    @Test
    fun `a camera that does not do as it is told is told`() {
        add("0", LENS_FACING_BACK)
        preview.setSurfaceTexture(texture)
        val refusals = listOf(
            CameraAccessException(CameraAccessException.CAMERA_ERROR),
            IllegalStateException("closed"),
            IllegalArgumentException("Surface was abandoned"),
        )
        for (step in listOf(Step.REQUEST, Step.SESSION, Step.REPEAT)) {
            for (refusal in refusals) {
                failures = 0
                CameraRecord.refuse(step, refusal)
                start()
                idleUntil { failures > 0 }
                assertEquals("$step: $refusal", 1, failures)
            }
        }
        CameraRecord.clear()
        CameraRecord.misconfigured = true
        failures = 0
        start()
        idleUntil { failures == 1 }
        assertEquals(emptyList<CaptureRequest>(), CameraRecord.repeated.toList())
    }

    @Test
    fun `stopping closes camera and pictures, ends the thread, and nothing is told any more`() {
        film()
        val thread = threadOfCamera()
        assertTrue(thread.isAlive)
        camera.stop()
        idleUntil { !thread.isAlive }
        assertTrue(device.isClosed)
        assertTrue(reader.isClosed)
        assertEquals(null, preview.surfaceTextureListener)
        shadowOf(manager).triggerDisconnect()
        settle()
        assertEquals(0, failures)
        camera.stop()
    }

    @Test
    fun `starting anew closes what was open`() {
        film()
        start()
        idleUntil { CameraRecord.repeated.size == 2 }
        idleUntil { CameraRecord.devices.first().isClosed }
        assertTrue(CameraRecord.readers.first().isClosed)
        assertFalse(CameraRecord.devices.last().isClosed)
        assertFalse(CameraRecord.readers.last().isClosed)
    }

    @Test
    fun `a surface that Android takes away takes its camera along, and the next one gets another`() {
        film()
        val surfaces = checkNotNull(preview.surfaceTextureListener)
        surfaces.onSurfaceTextureDestroyed(texture)
        idleUntil { device.isClosed }
        assertTrue(reader.isClosed)
        surfaces.onSurfaceTextureAvailable(texture, preview.width, preview.height)
        idleUntil { CameraRecord.repeated.size == 2 }
        assertFalse(CameraRecord.devices.last().isClosed)
        idle()
        assertEquals("nobody is told of what mended itself", 0, failures)
    }

    @Test
    fun `a camera that opens only when its screen has gone is closed`() {
        add("0", LENS_FACING_BACK)
        preview.setSurfaceTexture(texture)
        var open: (() -> Unit)? = null
        CameraRecord.hold = { open = it }
        start()
        val thread = threadOfCamera()
        camera.stop()
        idleUntil { !thread.isAlive }
        assertEquals(emptyList<RecordingDevice>(), CameraRecord.devices.toList())
        checkNotNull(open).invoke()
        assertTrue(device.isClosed)
        assertEquals("nothing is filmed", 0, CameraRecord.sessions.size)
        idle()
        assertEquals(0, failures)
    }

    @Test
    fun `tells each code in view, and lets go of every picture`() {
        film()
        val codes = listOf("FIDO:/123", "https://example.org")
        for (code in codes) {
            val picture = picture(code)
            reader.take(picture)
            idleUntil { seen.lastOrNull() == code }
            assertTrue(picture.isClosed)
        }
        val blank = Picture(ByteArray(WIDTH * HEIGHT), WIDTH)
        reader.take(blank)
        reader.take(null)
        settle()
        assertTrue(blank.isClosed)
        assertEquals(codes, seen)
    }

    @Test
    fun `a code that was found when it was over is not told`() {
        film()
        reader.take(picture("FIDO:/123"))
        // The camera's thread has found it; the main thread, which is this one, has not been told yet.
        val found = CountDownLatch(1)
        CameraRecord.openings.single().executor.execute(found::countDown)
        assertTrue(found.await(30, TimeUnit.SECONDS))
        camera.stop()
        idle()
        assertEquals(emptyList<String>(), seen)
    }

    private fun picture(text: String): Picture {
        val code = QRCodeWriter().encode(text, BarcodeFormat.QR_CODE, SIDE, SIDE)
        val bright = ByteArray(STRIDE * HEIGHT - (STRIDE - WIDTH)) { at ->
            val (x, y) = at % STRIDE - 100 to at / STRIDE - 20
            if (x in 0 until SIDE && y in 0 until SIDE && code[x, y]) 20 else 230.toByte()
        }
        return Picture(bright, STRIDE)
    }

    private fun threadOfCamera(): Thread =
        Thread.getAllStackTraces().keys.filter { it.name == "camera" && it.isAlive }.maxBy { it.id }

    private companion object {
        const val WIDTH = 1280
        const val HEIGHT = 720
        const val STRIDE = 1344
        const val SIDE = 300
    }
}
