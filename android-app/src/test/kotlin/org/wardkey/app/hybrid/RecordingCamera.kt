package org.wardkey.app.hybrid

import android.hardware.camera2.CameraCaptureSession
import android.hardware.camera2.CameraDevice
import android.hardware.camera2.CameraManager
import android.hardware.camera2.CaptureRequest
import android.hardware.camera2.impl.CameraCaptureSessionImpl
import android.hardware.camera2.impl.CameraDeviceImpl
import android.hardware.camera2.params.SessionConfiguration
import android.media.Image
import android.media.ImageReader
import android.os.Handler
import org.robolectric.annotation.Implementation
import org.robolectric.annotation.Implements
import org.robolectric.annotation.RealObject
import org.robolectric.shadow.api.Shadow
import org.robolectric.shadows.ShadowCameraCaptureSessionImpl
import org.robolectric.shadows.ShadowCameraDeviceImpl
import org.robolectric.shadows.ShadowCameraManager
import org.robolectric.shadows.ShadowImageReader
import java.util.concurrent.CopyOnWriteArrayList
import java.util.concurrent.Executor

/** What was asked of Robolectric's cameras, and how they misbehave. Several threads write to it. */
internal object CameraRecord {
    class Opening(val id: String, val callback: CameraDevice.StateCallback, val executor: Executor)

    /** Steps at which a camera can refuse. */
    enum class Step { LIST, OPEN, REQUEST, SESSION, REPEAT }

    val openings = CopyOnWriteArrayList<Opening>()
    val devices = CopyOnWriteArrayList<RecordingDevice>()
    val sessions = CopyOnWriteArrayList<SessionConfiguration>()
    val templates = CopyOnWriteArrayList<Int>()
    val repeated = CopyOnWriteArrayList<CaptureRequest>()
    val readers = CopyOnWriteArrayList<RecordingReader>()

    @Volatile
    private var refusal: Pair<Step, Exception>? = null

    /** Takes what a camera would answer to being opened, instead of Android. */
    @Volatile
    var hold: ((() -> Unit) -> Unit)? = null

    /** Sessions cannot be configured. */
    @Volatile
    var misconfigured = false

    fun refuse(at: Step, with: Exception) {
        refusal = at to with
    }

    fun reached(step: Step) {
        refusal?.let { (at, exception) -> if (at == step) throw exception }
    }

    fun clear() {
        listOf(openings, devices, sessions, templates, repeated, readers).forEach { it.clear() }
        refusal = null
        hold = null
        misconfigured = false
    }
}

@Implements(CameraManager::class)
internal class RecordingManager : ShadowCameraManager() {
    @Implementation
    public override fun getCameraIdList(): Array<String> {
        CameraRecord.reached(CameraRecord.Step.LIST)
        return super.getCameraIdList()
    }

    @Implementation
    public override fun openCameraDeviceUserAsync(
        id: String,
        callback: CameraDevice.StateCallback,
        executor: Executor,
        clientUid: Int,
        oomScoreOffset: Int,
        overrideToPortrait: Boolean,
    ): CameraDevice? {
        CameraRecord.reached(CameraRecord.Step.OPEN)
        CameraRecord.openings += CameraRecord.Opening(id, callback, executor)
        val answer = {
            super.openCameraDeviceUserAsync(
                id, callback, executor, clientUid, oomScoreOffset, overrideToPortrait,
            )
        }
        val hold = CameraRecord.hold ?: return answer()
        hold { answer() }
        // Whoever opens a camera gets it by the callback alone.
        return null
    }
}

@Implements(CameraDeviceImpl::class)
internal class RecordingDevice : ShadowCameraDeviceImpl() {
    @RealObject
    lateinit var real: CameraDeviceImpl

    @Volatile
    var isClosed = false

    init {
        CameraRecord.devices += this
    }

    @Implementation
    public override fun createCaptureRequest(template: Int): CaptureRequest.Builder {
        CameraRecord.reached(CameraRecord.Step.REQUEST)
        CameraRecord.templates += template
        return super.createCaptureRequest(template)
    }

    @Implementation
    public override fun createCaptureSession(configuration: SessionConfiguration) {
        CameraRecord.reached(CameraRecord.Step.SESSION)
        CameraRecord.sessions += configuration
        if (!CameraRecord.misconfigured) return super.createCaptureSession(configuration)
        val session = Shadow.newInstanceOf(CameraCaptureSessionImpl::class.java)
        configuration.executor.execute { configuration.stateCallback.onConfigureFailed(session) }
    }

    @Implementation
    public override fun close() {
        isClosed = true
        super.close()
    }
}

@Implements(CameraCaptureSessionImpl::class)
internal class RecordingSession : ShadowCameraCaptureSessionImpl() {
    @Implementation
    public override fun setRepeatingRequest(
        request: CaptureRequest,
        callback: CameraCaptureSession.CaptureCallback?,
        handler: Handler?,
    ): Int {
        CameraRecord.reached(CameraRecord.Step.REPEAT)
        CameraRecord.repeated += request
        return super.setRepeatingRequest(request, callback, handler)
    }
}

/** A reader whose pictures the test takes. */
@Implements(ImageReader::class)
internal class RecordingReader : ShadowImageReader() {
    @RealObject
    lateinit var reader: ImageReader
    private lateinit var listener: ImageReader.OnImageAvailableListener
    private lateinit var handler: Handler
    private val taken = CopyOnWriteArrayList<Image>()

    @Volatile
    var isClosed = false

    init {
        CameraRecord.readers += this
    }

    /** As when the camera has taken [picture], or, for null, when somebody else took it away already. */
    fun take(picture: Image?) {
        picture?.let(taken::add)
        handler.post { listener.onImageAvailable(reader) }
    }

    @Implementation
    fun setOnImageAvailableListener(listener: ImageReader.OnImageAvailableListener, handler: Handler) {
        this.listener = listener
        this.handler = handler
    }

    @Implementation
    fun acquireLatestImage(): Image? = taken.removeLastOrNull().also { taken.clear() }

    @Implementation
    public override fun close() {
        isClosed = true
        super.close()
    }
}
