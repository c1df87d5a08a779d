package org.wardkey.app.hybrid

import android.app.Activity
import android.graphics.SurfaceTexture
import android.hardware.camera2.CameraCharacteristics
import android.hardware.camera2.CameraCharacteristics.LENS_FACING_BACK
import android.hardware.camera2.CameraManager
import android.os.Looper
import android.view.TextureView
import org.junit.After
import org.junit.Assert.assertTrue
import org.junit.Before
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import org.robolectric.shadow.api.Shadow
import org.robolectric.shadows.ShadowCameraCharacteristics
import org.wardkey.app.idleUntil
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit

/** Base of the tests that look through Robolectric's cameras, each of which does as [CameraRecord] says. */
@RunWith(RobolectricTestRunner::class)
@Config(
    shadows = [
        RecordingManager::class, RecordingDevice::class, RecordingSession::class, RecordingReader::class,
    ],
)
internal abstract class CameraTest {
    private val activity = Robolectric.buildActivity(Activity::class.java).setup().get()
    protected val manager: CameraManager = activity.getSystemService(CameraManager::class.java)
    protected val preview = TextureView(activity).also(activity::setContentView)
    protected val texture = SizedTexture()
    protected val camera = CodeCamera(activity, preview)
    protected val seen = mutableListOf<String>()
    protected var failures = 0

    @Before
    fun forget() = CameraRecord.clear()

    /** What it still does would be found by the next test. */
    @After
    fun stop() {
        camera.stop()
        idleUntil { Thread.getAllStackTraces().keys.none { it.name == "camera" } }
    }

    /** Remembers the size of its pictures, which is Android's own business otherwise. */
    protected class SizedTexture : SurfaceTexture(false) {
        @Volatile
        var size: PixelSize? = null

        override fun setDefaultBufferSize(width: Int, height: Int) {
            size = PixelSize(width, height)
        }
    }

    protected fun add(id: String, facing: Int?, sensor: Int = 90) {
        val about = ShadowCameraCharacteristics.newCameraCharacteristics()
        val values = Shadow.extract<ShadowCameraCharacteristics>(about)
        if (facing != null) values[CameraCharacteristics.LENS_FACING] = facing
        values[CameraCharacteristics.SENSOR_ORIENTATION] = sensor
        shadowOf(manager).addCamera(id, about)
    }

    protected fun start() = camera.start(seen::add) { failures += 1 }

    /** A camera that films. */
    protected fun film() {
        add("0", LENS_FACING_BACK)
        // The view gives its surface its own size when it is laid out.
        idle()
        preview.setSurfaceTexture(texture)
        start()
        idleUntil { CameraRecord.repeated.isNotEmpty() }
    }

    protected fun idle() = shadowOf(Looper.getMainLooper()).idle()

    /** Waits until the thread of the camera opened last has done what it was given, or has ended. */
    protected fun settle() {
        val done = CountDownLatch(1)
        CameraRecord.openings.last().executor.execute(done::countDown)
        assertTrue(done.await(30, TimeUnit.SECONDS))
        idle()
    }

    protected fun threadOfCamera(): Thread =
        Thread.getAllStackTraces().keys.filter { it.name == "camera" && it.isAlive }.maxBy { it.id }

    protected val opened get() = CameraRecord.openings.map { it.id }
    protected val device get() = CameraRecord.devices.single()
    protected val reader get() = CameraRecord.readers.single()

    protected companion object {
        const val WIDTH = 1280
        const val HEIGHT = 720
    }
}
